using System.IO.Abstractions;
using System.Text;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Diagnostics;

namespace Registry.AspNetCore.Credentials.Htpasswd;

/// <summary>
/// A password file, looked at again when it is used: at most once a second, by its time and length, which works on every file system and in containers, where notices of changes get lost.
/// </summary>
internal sealed class HtpasswdFile
{
    private const long MaxBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<string> _mistakes = [];
    private volatile HtpasswdTable _users = HtpasswdTable.Empty;
    private FileState _state;
    private long _checkedAt;

    public HtpasswdFile(IFileSystem files, string path, TimeProvider time, ILogger<HtpasswdFile> logger)
    {
        _files = files;
        _path = path;
        _time = time;
        _logger = logger;
        _checkedAt = time.GetTimestamp();
        if (Read(_mistakes) is { } users)
        {
            _users = users;
            logger.PasswordFileRead(path, users.Count);
        }
    }

    /// <summary>What was wrong with the file at first.</summary>
    public IEnumerable<string> Mistakes => _mistakes.Select(mistake => $"the password file {_path}: {mistake}");

    /// <summary>The users now.</summary>
    public HtpasswdTable Users
    {
        get
        {
            // Who finds somebody else at it goes on with what is there.
            if (_time.GetElapsedTime(Interlocked.Read(ref _checkedAt)) >= Interval && _gate.TryEnter())
            {
                try
                {
                    Refresh();
                }
                finally
                {
                    _gate.Exit();
                }
            }

            return _users;
        }
    }

    private void Refresh()
    {
        if (_time.GetElapsedTime(Interlocked.Read(ref _checkedAt)) < Interval)
        {
            return;
        }

        Interlocked.Exchange(ref _checkedAt, _time.GetTimestamp());
        if (StateNow() == _state)
        {
            return;
        }

        var mistakes = new List<string>();
        if (Read(mistakes) is { } users)
        {
            _users = users;
            _logger.PasswordFileRead(_path, users.Count);
        }
        else
        {
            _logger.PasswordFileNotReloaded(_path, string.Join(' ', mistakes));
        }
    }

    private HtpasswdTable? Read(List<string> mistakes)
    {
        // Taken before the bytes: what changes while they are read is read again.
        _state = StateNow();
        if (!_state.Exists)
        {
            mistakes.Add("it cannot be found.");
            return null;
        }

        if (_state.Length > MaxBytes)
        {
            mistakes.Add($"it has {_state.Length} bytes; it must have at most {MaxBytes}.");
            return null;
        }

        try
        {
            HtpasswdTable users = HtpasswdTable.Parse(_files.File.ReadAllText(_path, Utf8), mistakes);
            return mistakes.Count == 0 ? users : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            mistakes.Add(e is DecoderFallbackException ? "it is not in UTF-8." : $"it cannot be read: {e.Message}");
            return null;
        }
    }

    private FileState StateNow()
    {
        IFileInfo file = _files.FileInfo.FromFileName(_path);
        try
        {
            return file.Exists ? new FileState(true, file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // It went away between the two, or its folder is closed to us: it is as good as not there.
        }
    }

    private readonly record struct FileState(bool Exists, DateTime Time, long Length);
}
