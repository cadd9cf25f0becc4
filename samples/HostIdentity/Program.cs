// A registry inside an app that has users of its own, in ASP.NET Core Identity. The app's pages sign people in with a cookie; container clients sign in with the same user names and passwords, or with API
// keys that people make on a page. The two do not touch: the cookie opens nothing at /v2, and /v2 sets none.
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using RegistryWithIdentity;
using RegistryWithIdentity.Access;
using RegistryWithIdentity.Pages;
using RegistryWithIdentity.Users;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseDockerRegistryTransport();
string data = Path.GetFullPath(builder.Configuration["Registry:Data"] ?? "data", builder.Environment.ContentRootPath);

// The app: its users, and its cookie for pages.
builder.Services.AddSingleton(new UserFile(Path.Combine(data, "users.json")));
builder.Services.AddScoped<IUserStore<AppUser>, FileUserStore>();
builder.Services.AddScoped<PasswordCheck>();
builder.Services.AddSingleton<UnknownUserHash>();
builder.Services.AddIdentityCore<AppUser>().AddSignInManager();
builder.Services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
builder.Services.ConfigureApplicationCookie(options =>
{
    options.Cookie.Name = "app";
    options.LoginPath = SignInPages.SignInPath;
});
builder.Services.AddAntiforgery();
builder.Services.AddRateLimiter(options => options.AddPolicy(SignInPages.Limit, context => RateLimitPartition.GetFixedWindowLimiter(
    context.Connection.RemoteIpAddress, static _ => new FixedWindowRateLimiterOptions { PermitLimit = 20, Window = TimeSpan.FromMinutes(1) })));

// The registry: the app's users, what their roles allow, and API keys.
builder.Services.AddDockerRegistry()
    .AddFileSystemStorage(Path.Combine(data, "registry"))
    .AddCredentialValidator<AppCredentials>()
    .AddApiKeys()
    .UseAuthorization();
builder.Services.AddSingleton<IAuthorizationHandler, RolePrivileges>();
builder.Services.AddDataProtection().PersistKeysToRegistryStore(); // for the cookies, too

var app = builder.Build();
string users = await SampleUsers.CreateAsync(app.Services);
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.MapDockerRegistry("/v2");
app.MapSignInPages();
app.MapKeyPages();
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(Hints.For(app.Urls, users)));
app.Run();
