using System.Diagnostics;
using System.Globalization;

namespace Registry.TestServers.Processes;

/// <summary>
/// A server that the tests start and end: a registry host, a container engine. It writes to a log file, it can be
/// killed, and it cannot outlive the test run, however that ends.
/// </summary>
public sealed class Daemon : IAsyncDisposable
{
    /// <summary>
    /// The shell between us and the server reads a pipe that only this process holds. When the pipe closes, because we
    /// closed it or because we died, it asks the server to end, and after ten seconds makes it.
    /// </summary>
    private const string Supervisor = """
        log=$1; shift
        exec 3<&0 2>>"$log"
        "$@" >>"$log" 2>&1 </dev/null 3<&- &
        pid=$!
        echo "started $pid"
        {
          read -r _
          kill -TERM "$pid" 2>/dev/null
          i=0
          while [ $i -lt 100 ] && kill -0 "$pid" 2>/dev/null; do i=$((i + 1)); sleep 0.1; done
          kill -KILL "$pid" 2>/dev/null
        } <&3 >/dev/null 2>&1 &
        watcher=$!
        wait "$pid"
        status=$?
        kill "$watcher" 2>/dev/null
        echo "exited $status"
        """;

    private static readonly TimeSpan EndTimeLimit = TimeSpan.FromSeconds(15);

    private readonly Process _supervisor;
    private readonly Task<int> _exited;

    private Daemon(string name, string logFile, Process supervisor, int processId, Task<int> exited)
    {
        Name = name;
        LogFile = logFile;
        ProcessId = processId;
        _supervisor = supervisor;
        _exited = exited;
    }

    public string Name { get; }

    public string LogFile { get; }

    public int ProcessId { get; }

    public bool HasExited => _exited.IsCompleted;

    public static async Task<Daemon> StartAsync(
        string name,
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingDirectory,
        string logFile,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Supervisor, name, logFile, program, .. arguments])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        var supervisor = Process.Start(start) ?? throw new CommandFailedException($"{name}: /bin/sh did not start");
        var started = await supervisor.StandardOutput.ReadLineAsync(cancellationToken);
        if (started is null || !started.StartsWith("started ", StringComparison.Ordinal))
        {
            throw new CommandFailedException($"{name}: the supervising shell said '{started}'");
        }

        var processId = int.Parse(started["started ".Length..], CultureInfo.InvariantCulture);
        return new Daemon(name, logFile, supervisor, processId, ReadExitAsync(supervisor));
    }

    /// <summary>Ends it at once, as a power cut or the kernel's memory killer would: SIGKILL, no goodbye.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (!HasExited)
        {
            using var process = Process.GetProcessById(ProcessId);
            process.Kill();
        }

        await _exited.WaitAsync(EndTimeLimit, cancellationToken);
    }

    /// <summary>Asks it to end (SIGTERM), waits, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (!HasExited)
        {
            _supervisor.StandardInput.Close();
        }

        return await _exited.WaitAsync(EndTimeLimit, cancellationToken);
    }

    /// <summary>Waits until it ends by itself, and returns its exit code.</summary>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken) => _exited.WaitAsync(cancellationToken);

    /// <summary>The last lines of its log, for the message of a test that failed.</summary>
    public string LogTail(int lines = 24)
    {
        if (!File.Exists(LogFile))
        {
            return "";
        }

        using var reader = new StreamReader(new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', reader.ReadToEnd().Split('\n').TakeLast(lines));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _supervisor.Dispose();
    }

    private static async Task<int> ReadExitAsync(Process supervisor)
    {
        var line = await supervisor.StandardOutput.ReadLineAsync();
        return line is not null && line.StartsWith("exited ", StringComparison.Ordinal)
            ? int.Parse(line["exited ".Length..], CultureInfo.InvariantCulture)
            : -1;
    }
}
