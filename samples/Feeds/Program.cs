// Several registries in one, with users, rights and API keys. What there is and who may do what is in appsettings.json, which is read again when it changes.
//
//   dotnet run                       starts it
//   dotnet run -- hash               reads a password and prints its hash for appsettings.json
//   dotnet run -- key alice ci       makes an API key of alice's by the name "ci", and prints it, once
//   dotnet run -- keys               lists the keys
//   dotnet run -- revoke 01k...      revokes one
using RegistryWithFeeds;

var builder = WebApplication.CreateBuilder(args);
bool isCommand = args is [{ } verb, ..] && !verb.StartsWith('-');
if (isCommand)
{
    // Its output is for other programs to read.
    builder.Logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
}

var settings = builder.Configuration.GetSection("Registry");
builder.WebHost.UseDockerRegistryTransport();
var registry = builder.Services.AddDockerRegistry()
    .AddFileSystemStorage(settings["Data"] ?? "data")
    .AddFeeds(settings.GetSection("Feeds"))
    .AddGrants(settings.GetSection("Grants"))
    .AddUsers(settings.GetSection("Users"))
    .AddApiKeys();
if (OperatingSystem.IsLinux())
{
    registry.AddHtpasswd("htpasswd"); // its hashes need a function of the C library
}

// What people logged in with stays good when the host starts again, and on other hosts with the same folder.
builder.Services.AddDataProtection().PersistKeysToRegistryStore();

var app = builder.Build();
if (isCommand)
{
    return await KeyCommands.RunAsync(app.Services, args);
}

app.MapDockerRegistry("/v2");
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(Hints.For(app.Urls)));
app.Run();
return 0;
