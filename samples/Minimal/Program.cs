var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseDockerRegistryTransport();
builder.Services.AddDockerRegistry().AddFileSystemStorage(builder.Configuration["Registry:Data"] ?? "data").AllowAnonymous();

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(Hints.For(app.Urls)));
app.Run();
