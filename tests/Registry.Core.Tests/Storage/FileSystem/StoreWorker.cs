using System.Diagnostics;

namespace Registry.Storage.FileSystem;

/// <summary>Another process on a store's folder.</summary>
public sealed class StoreWorker : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private StoreWorker(Process process) => _process = process;

    public static StoreWorker Start(params string[] arguments)
    {
        string name = OperatingSystem.IsWindows() ? "Registry.StoreWorker.exe" : "Registry.StoreWorker";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, name), arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        return new StoreWorker(Process.Start(start)!);
    }

    /// <summary>Reads lines until there are so many.</summary>
    public async Task<List<string>> ReadAsync(int count, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (lines.Count < count)
        {
            string? line = await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, TimeProvider.System, cancellationToken);
            lines.Add(line ?? throw new InvalidOperationException("The worker ended early."));
        }

        return lines;
    }

    /// <summary>Ends the process without letting it tidy up, and reads the whole lines that it still wrote.</summary>
    public async Task<List<string>> KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        string rest = await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return [.. rest.Split('\n')[..^1]];
    }

    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, TimeProvider.System, cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
