// Settings come from the section "S3" of the configuration (S3__Bucket, S3__ServiceUrl, S3__ForcePathStyle ... in the environment), credentials from where the AWS SDK looks for them.
var builder = WebApplication.CreateBuilder(args);
if (string.IsNullOrEmpty(builder.Configuration["S3:Bucket"]))
{
    Console.Error.WriteLine("""
        Which bucket is the registry kept in? It has to exist. On AWS, with the credentials that the aws command uses:

            S3__Bucket=my-registry S3__Region=eu-central-1 dotnet run -c Release -- --urls http://localhost:5000

        On another server:

            export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...
            S3__Bucket=my-registry S3__ServiceUrl=http://localhost:9000 S3__ForcePathStyle=true dotnet run -c Release -- --urls http://localhost:5000
        """);
    return 1;
}

builder.WebHost.UseDockerRegistryTransport();
builder.Services.AddDockerRegistry(builder.Configuration.GetSection("Registry").Bind).AddS3Storage(builder.Configuration.GetSection("S3").Bind).AllowAnonymous();

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.Run();
return 0;
