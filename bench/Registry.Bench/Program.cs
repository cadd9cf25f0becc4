using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Registry.Bench;
using Registry.Bench.Content;
using Registry.Bench.Report;
using Registry.Bench.Servers;
using Registry.Bench.Workloads;

Options options;
try
{
    options = Options.Parse(args);
}
catch (ArgumentException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n\n{Options.Usage}");
    return 2;
}

var clock = Stopwatch.StartNew();
var started = TimeProvider.System.GetUtcNow();
var stamp = started.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
var seed = options.Seed ?? (ulong)started.ToUnixTimeMilliseconds();
using var source = new BlobSource(seed);
var scale = options.Quick ? Scale.Quick : options.OnObjectStore ? Scale.FullOnObjectStore : Scale.Full;
var suites = (options.OnObjectStore ? AllSuites.CreateForObjectStore(scale, source, $"bench{stamp}") : AllSuites.Create(scale, source, $"bench{stamp}"))
    .Select(suite => suite with { Rows = [.. suite.Rows.Where(row => options.Only?.IsMatch(row.Name) != false)] })
    .Where(suite => suite.Rows.Count > 0)
    .ToList();
if (options.List)
{
    suites.ForEach(suite => suite.Rows.ToList().ForEach(row => Console.WriteLine(row.Name)));
    return 0;
}

if (suites.Count == 0)
{
    await Console.Error.WriteLineAsync("No row has a name like that; --list prints them.");
    return 2;
}

using var ending = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
var folder = Directory.CreateDirectory(Path.Combine(options.Data, $"run-{Environment.ProcessId}")).FullName;
try
{
    var peerServer = CreateServer(options.PeerUrl, options.Peer);
    var subjectServer = CreateServer(options.SubjectUrl, options.Subject!);
    await using var subject = new Target("subject", subjectServer);
    await using var peer = new Target("peer", peerServer);
    var keepFolder = options.Keep ? Path.Combine(options.Data, "keep") : null;
    await using var store = options.OnObjectStore ? new SharedStore(folder) : null;
    var runner = new Runner(subject, peer, store, options.Repeats, folder, keepFolder, Console.Error);
    var rows = await runner.RunAsync(suites, ending.Token);

    var description = new RunDescription(
        started,
        clock.Elapsed,
        subjectServer,
        peerServer,
        options.Quick ? "quick" : "full",
        options.Repeats,
        seed,
        options.OnObjectStore ? SharedStore.Description : $"a folder on {Machine.FileSystemOf(folder)}",
        options.OnObjectStore);
    var report = MarkdownReport.Write(description, rows);
    await Console.Out.WriteAsync(report);
    if (options.Results is { } results)
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(results).FullName, $"{stamp}.md"), report);
    }

    return rows.Any(row => row.Failure is not null) ? 1 : 0;
}
catch (OperationCanceledException) when (ending.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Ended before the last row.");
    return 130;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

void End(PosixSignalContext context)
{
    context.Cancel = true;
    ending.Cancel();
}

static IServer CreateServer(Uri? url, string program) => url is not null ? new ExternalServer(url)
    : Path.GetFileName(program) == "docker-registry" ? new DockerRegistryServer(program)
    : new SubjectServer(program);
