// Settings come from the section "S3" of the configuration (S3__Bucket, S3__ServiceUrl, S3__ForcePathStyle ... in the environment), credentials from where the AWS SDK looks for them.
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseDockerRegistryTransport();
builder.Services.AddDockerRegistry().AddS3Storage(builder.Configuration.GetSection("S3").Bind).AllowAnonymous();

var app = builder.Build();
app.MapDockerRegistry("/v2");
app.Run();
