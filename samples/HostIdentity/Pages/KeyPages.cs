using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials.ApiKeys;
using RegistryWithIdentity.Access;
using RegistryWithIdentity.Users;

namespace RegistryWithIdentity.Pages;

/// <summary>Who one is, and one's own API keys.</summary>
internal static class KeyPages
{
    private const int MaxDays = 366;

    public static void MapKeyPages(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").RequireAuthorization();
        pages.MapGet("/", HomeAsync);
        pages.MapPost("/keys", CreateAsync).AddEndpointFilter(Html.RequireTokenAsync);
        pages.MapPost("/keys/{id}/revoke", RevokeAsync).AddEndpointFilter(Html.RequireTokenAsync);
    }

    private static async Task<IResult> HomeAsync(HttpContext context, UserManager<AppUser> users, IApiKeyService keys)
    {
        if (await users.GetUserAsync(context.User) is not { } user)
        {
            return Results.Challenge(); // removed, with a cookie that is not looked at again yet
        }

        string token = Html.Token(context);
        var page = new StringBuilder($"""
            <h1>{Html.Encode(user.UserName)}</h1><p>Roles: {Html.Encode(string.Join(", ", user.Roles))}</p>
            <form method="post" action="/sign-out">{token}<button>Sign out</button></form>
            <h2>API keys</h2><ul>
            """);
        await foreach (var key in keys.ListAsync(user.UserName, context.RequestAborted))
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Html.Encode(key.Name)}, made {key.Created:u}, {(key.Expires is { } end ? $"ends {end:u}" : "does not end")}: ");
            page.Append(key.Revoked is { } revoked
                ? string.Create(CultureInfo.InvariantCulture, $"revoked {revoked:u}</li>")
                : $"<form method=\"post\" action=\"/keys/{key.Id}/revoke\">{token}<button>Revoke</button></form></li>");
        }

        page.Append(CultureInfo.InvariantCulture, $"""
            </ul><form method="post" action="/keys">{token}
            <label>Name <input name="name" maxlength="255" required></label>
            <label>Days <input name="days" type="number" min="1" max="{MaxDays}" value="90" required></label>
            <label><input name="pull-only" type="checkbox" value="true"> only for pulling</label>
            <button>Make a key</button></form>
            """);
        return Html.Page(context, page.ToString());
    }

    private static async Task<IResult> CreateAsync(HttpContext context, UserManager<AppUser> users, IApiKeyService keys, TimeProvider time)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string name = form["name"].ToString();
        if (name.Length is 0 or > 255 || name.Any(char.IsControl)
            || !int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out int days) || days is < 1 or > MaxDays)
        {
            return Html.Page(context, "<p>A key has a name and a number of days. <a href=\"/\">Back</a></p>", StatusCodes.Status400BadRequest);
        }

        if (await users.GetUserAsync(context.User) is not { UserName: { } owner })
        {
            return Results.Challenge();
        }

        var created = await keys.CreateAsync(
            new ApiKeyRequest
            {
                Name = name,
                Owner = owner,
                OwnerValidator = AppCredentials.ValidatorName, // which says at each use what the owner may do, and whether there is one still
                Expires = time.GetUtcNow().AddDays(days),
                Actions = form["pull-only"] == "true" ? [RegistryAction.Pull] : [],
            },
            context.RequestAborted);
        return Html.Page(context, $"""
            <h1>A new key</h1><p>Here it is, for this once: only a hash of it is kept. It is the password of the user <code>api</code>.</p>
            <p><code id="key">{created.Key}</code></p><p><a href="/">Back</a></p>
            """);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, UserManager<AppUser> users, IApiKeyService keys)
    {
        // The service asks nobody: that the key is one's own is looked at here.
        if (await users.GetUserAsync(context.User) is not { } user || await keys.FindAsync(id, context.RequestAborted) is not { } key || key.Owner != user.UserName)
        {
            return Html.Page(context, "<p>You have no such key. <a href=\"/\">Back</a></p>", StatusCodes.Status404NotFound);
        }

        await keys.RevokeAsync(id, context.RequestAborted);
        return Results.LocalRedirect("/");
    }
}
