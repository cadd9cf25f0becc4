using Microsoft.AspNetCore.Identity;
using RegistryWithIdentity.Users;

namespace RegistryWithIdentity.Pages;

/// <summary>People sign in and out here.</summary>
internal static class SignInPages
{
    public const string SignInPath = "/sign-in";

    /// <summary>The limit on attempts at the form. The registry has its own.</summary>
    public const string Limit = "sign-in";

    public static void MapSignInPages(this IEndpointRouteBuilder app)
    {
        app.MapGet(SignInPath, static (HttpContext context) => Form(context, ""));
        app.MapPost(SignInPath, SignInAsync).AddEndpointFilter(Html.RequireTokenAsync).RequireRateLimiting(Limit);
        app.MapPost("/sign-out", SignOutAsync).AddEndpointFilter(Html.RequireTokenAsync).RequireAuthorization();
    }

    private static async Task<IResult> SignInAsync(HttpContext context, PasswordCheck passwords, SignInManager<AppUser> signIn)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (await passwords.FindAsync(form["user"].ToString(), form["password"].ToString()) is not { } user)
        {
            return Form(context, "<p>This user name and password do not belong together.</p>", StatusCodes.Status401Unauthorized);
        }

        await signIn.SignInAsync(user, isPersistent: false);
        return Results.LocalRedirect("/"); // and not to where the query says
    }

    private static async Task<IResult> SignOutAsync(SignInManager<AppUser> signIn)
    {
        await signIn.SignOutAsync();
        return Results.LocalRedirect(SignInPath);
    }

    private static IResult Form(HttpContext context, string message, int status = StatusCodes.Status200OK) => Html.Page(
        context,
        $"""
        <h1>Sign in</h1>{message}
        <form method="post" action="{SignInPath}">{Html.Token(context)}
        <label>User name <input name="user" autocomplete="username" required></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button>Sign in</button></form>
        """,
        status);
}
