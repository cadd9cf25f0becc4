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
var run = $"bench{stamp}";
Group[] all =
[
    new Group(
        "peer",
        Comparison.WithPeer,
        () => CreateServer(options.SubjectUrl, options.Subject!),
        () => CreateServer(options.PeerUrl, options.Peer),
        options.OnObjectStore ? AllSuites.CreateForObjectStore(scale, source, run) : AllSuites.Create(scale, source, run)),
    .. options.SignInHost is { } host && !options.OnObjectStore ? SignInGroups.Create(host, scale, source, run).Concat(CollectionGroups.Create(host, scale, source, run)) : [],
];
var groups = all.Select(group => group with { Suites = [.. group.Suites.Select(Chosen).Where(suite => suite.Rows.Count > 0)] })
    .Where(group => group.Suites.Count > 0)
    .ToList();
if (options.List)
{
    foreach (var row in groups.SelectMany(group => group.Suites).SelectMany(suite => suite.Rows))
    {
        Console.WriteLine(row.Name);
    }

    return 0;
}

if (groups.Count == 0)
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
    var keepFolder = options.Keep ? Path.Combine(options.Data, "keep") : null;
    await using var store = options.OnObjectStore ? new SharedStore(folder) : null;
    var sections = new List<Section>();
    foreach (var group in groups)
    {
        var (subjectServer, peerServer) = (group.Subject(), group.Peer());
        await using var subject = new Target(group.Comparison.Subject, subjectServer);
        await using var peer = new Target(group.Comparison.Peer, peerServer);
        var data = Directory.CreateDirectory(Path.Combine(folder, group.Name)).FullName;
        var rows = await new Runner(subject, peer, store, options.Repeats, data, keepFolder, Console.Error).RunAsync(group.Suites, ending.Token);
        sections.Add(new Section(group.Comparison, DescribeServers(group.Comparison, subjectServer, peerServer), rows));
    }

    var description = new RunDescription(
        started,
        clock.Elapsed,
        options.Quick ? "quick" : "full",
        options.Repeats,
        seed,
        options.OnObjectStore ? SharedStore.Description : $"a folder on {Machine.FileSystemOf(folder)}",
        options.OnObjectStore);
    var report = MarkdownReport.Write(description, sections);
    await Console.Out.WriteAsync(report);
    if (options.Results is { } results)
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(results).FullName, $"{stamp}.md"), report);
    }

    return sections.SelectMany(section => section.Rows).Any(row => row.Failure is not null) ? 1 : 0;
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

Suite Chosen(Suite suite) => suite with { Rows = [.. suite.Rows.Where(row => options.Only?.IsMatch(row.Name) != false)] };

static string[] DescribeServers(Comparison comparison, IServer subject, IServer peer) => comparison == Comparison.WithPeer
    ? [$"Subject: {subject.Description}; {subject.Durability}", $"Peer: {peer.Description}; {peer.Durability}"]
    : [$"Sign-in and feeds: {subject.Description}; {subject.Durability}"];

static IServer CreateServer(Uri? url, string program) => url is not null ? new ExternalServer(url)
    : Path.GetFileName(program) == "docker-registry" ? new DockerRegistryServer(program)
    : new SubjectServer(program);
