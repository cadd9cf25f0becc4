using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Registry.Bench.Http;
using Registry.Bench.Measurement;

namespace Registry.Bench.Servers;

/// <summary>A server started as a child process, and what the kernel says about it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Process process;
    private readonly string log;

    private ServerProcess(Process process, string log)
    {
        this.process = process;
        this.log = log;
    }

    /// <summary>User and system time of all threads since the start, in seconds.</summary>
    public double ProcessorSeconds
    {
        get
        {
            var stat = File.ReadAllText($"/proc/{process.Id}/stat");
            // The second field is the name in parentheses, which may hold spaces; user and system time are the 14th and 15th.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (Number(fields[11]) + Number(fields[12])) / ProcessorTimes.TicksPerSecond;
        }
    }

    /// <summary>The highest resident memory since <see cref="ResetPeakMemory"/>, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return Number(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024;
        }
    }

    /// <summary>Starts a program whose output goes to a log file, without this process between them.</summary>
    public static ServerProcess Start(
        string program, IEnumerable<string> arguments, string log, Action<IDictionary<string, string?>> setEnvironment)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        setEnvironment(start.Environment);
        var process = Process.Start(start) ?? throw new ServerException($"{program} did not start.");
        return new ServerProcess(process, log);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Returns once <c>GET /v2/</c> is answered, if only by asking for credentials.</summary>
    public async Task WaitUntilReadyAsync(ServerEndpoint endpoint, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (!Answers(endpoint))
        {
            if (process.HasExited || clock.Elapsed > StartLimit)
            {
                throw new ServerException($"The server did not come up. The end of its log:\n{EndOfLog()}");
            }

            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Returns once a process that does one thing has done it.</summary>
    /// <exception cref="ServerException">It failed, or took longer than <paramref name="limit"/>.</exception>
    public async Task WaitUntilEndedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerException($"The program did not end within {limit}.");
        }

        if (process.ExitCode != 0)
        {
            throw new ServerException($"The program ended with {process.ExitCode}. The end of its log:\n{EndOfLog()}");
        }
    }

    /// <summary>Makes <see cref="PeakMemory"/> start again from what is resident now.</summary>
    public void ResetPeakMemory() => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = LibC.Kill(process.Id, LibC.SigTerm);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        process.Dispose();
    }

    private string EndOfLog() => File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(20)) : "";

    private static bool Answers(ServerEndpoint endpoint)
    {
        try
        {
            using var client = new RegistryClient(new HttpConnection(endpoint));
            return client.Ping() is 200 or 401;
        }
        catch (SocketException)
        {
            return false; // Not listening yet: the caller asks again.
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
