namespace Registry.Core.Tests.Content.Uploads;

/// <summary>A request's body that gives bytes, then does something: breaks off, waits, or is cancelled; then gives the next bytes.</summary>
internal sealed class ScriptedStream(params (byte[] Bytes, Func<CancellationToken, Task> Then)[] script) : Stream
{
    private readonly Queue<(byte[] Bytes, Func<CancellationToken, Task> Then)> _script = new(script);
    private ReadOnlyMemory<byte> _current;
    private Func<CancellationToken, Task>? _then;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static Task Nothing(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What Kestrel does when the connection is lost.</summary>
    public static Task Break(CancellationToken cancellationToken) => Task.FromException(new IOException("The client has disconnected."));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_current.IsEmpty)
        {
            if (_then is { } then)
            {
                _then = null;
                await then(cancellationToken);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (!_script.TryDequeue(out (byte[] Bytes, Func<CancellationToken, Task> Then) step))
            {
                return 0;
            }

            _current = step.Bytes;
            _then = step.Then;
        }

        int count = Math.Min(buffer.Length, _current.Length);
        _current[..count].CopyTo(buffer);
        _current = _current[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
