// Copies a registry's content from one store to another while the registry is in use: for a backup, or to move it. Stopped with Ctrl+C, it goes on where it was when it is started again.
using Registry.Maintenance.Copying;
using Registry.Storage;
using RegistryCopy;

string? Value(string name) => Array.IndexOf(args, name) is >= 0 and int place && place + 1 < args.Length ? args[place + 1] : null;

if (Value("--from") is not { } from || Value("--to") is not { } to)
{
    Console.Error.WriteLine("""
        Copies a registry's content from one store to another, while the registry is in use:

            dotnet run --project samples/Copy -c Release -- --from folder:data --to s3:my-backup

        Stores: folder:PATH, s3:BUCKET[/PREFIX], azure:CONTAINER. Buckets are reached with S3__ServiceUrl, S3__Region and S3__ForcePathStyle in the environment and the credentials that the AWS SDK finds,
        containers with Azure__ConnectionString.

            --once       go through the source once, instead of until nothing is new
            --no-auth    leave out API keys, refresh tokens and keys of Data Protection
        """);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

IObjectStore? source = null;
IObjectStore? target = null;
try
{
    source = await Stores.OpenAsync(from);
    target = await Stores.OpenAsync(to);
    var options = new ContentCopyOptions { IncludeAuthentication = !args.Contains("--no-auth") };
    if (args.Contains("--once"))
    {
        options.MaxPasses = 1;
    }

    ContentCopyReport report = await new ContentCopy(source, target, options).RunAsync(new Progress(), stop.Token);
    Console.WriteLine($"\n{report.Blobs} blobs ({report.Bytes:N0} bytes), {report.Manifests} manifests, {report.Tags} tags and {report.OtherObjects} other objects copied, {report.Removed} removed, in {report.Passes} passes.");
    foreach (ContentCopyProblem problem in report.Problems)
    {
        Console.Error.WriteLine($"{problem.Kind}: {problem.Key}: {problem.Detail}");
    }

    return report.Problems.Count == 0 ? 0 : 1;
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or InvalidDataException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("\nStopped. No registry starts on the target before the copy has come to its end.");
    return 3;
}
finally
{
    foreach (IObjectStore? store in new[] { source, target })
    {
        switch (store)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}

internal sealed class Progress : IProgress<ContentCopyReport>
{
    public void Report(ContentCopyReport value) => Console.Write($"\r{value.Blobs} blobs, {value.Bytes:N0} bytes, {value.Manifests} manifests, {value.Tags} tags ");
}
