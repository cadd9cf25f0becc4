using Microsoft.AspNetCore.Http.Features;

namespace Registry.SignInHost;

/// <summary>
/// Lets access tokens end in the middle of an upload: the first content of a layer that comes is let in and then waited with, and the clock moves ahead before it is read. What goes on then was begun with a token that is no longer good.
/// </summary>
internal sealed class UploadPause(TestClock clock, TimeSpan length, TimeSpan step)
{
    /// <summary>What is printed when tokens end.</summary>
    private const string Mark = "The first content of an upload has come, and tokens end.";

    private int _isOver;

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        bool isContent = (HttpMethods.IsPatch(request.Method) || HttpMethods.IsPut(request.Method))
            && request.Path.Value!.Contains("/blobs/uploads/", StringComparison.Ordinal)
            && !request.Path.Value.Contains("-base/", StringComparison.Ordinal) // base images of the .NET SDK, which another client pushes
            && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        if (isContent)
        {
            // Who sent a request is found out before its content is read.
            request.Body = new LateBody(request.Body, PauseAsync);
        }

        return next(context);
    }

    private async ValueTask PauseAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            await Task.Delay(length, cancellationToken);
            clock.Move(step);
            Console.WriteLine(Mark);
        }
    }

    private sealed class LateBody(Stream body, Func<CancellationToken, ValueTask> pause) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await pause(cancellationToken);
            return await body.ReadAsync(buffer, cancellationToken);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
