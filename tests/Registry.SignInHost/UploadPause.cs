using Microsoft.AspNetCore.Http.Features;

namespace Registry.SignInHost;

/// <summary>
/// Lets access tokens end in the middle of uploads: the first content of a layer that comes is let in and then waited with, and so is all that comes meanwhile. The clock moves ahead before any of it is read. What goes on then was begun with a
/// token that is no longer good.
/// </summary>
internal sealed class UploadPause
{
    /// <summary>What is printed when tokens end.</summary>
    private const string Mark = "The first content of an upload has come, and tokens end.";

    private readonly Lazy<Task> _end;

    public UploadPause(TestClock clock, TimeSpan length, TimeSpan step) => _end = new Lazy<Task>(() => EndAsync(clock, length, step));

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

    private Task PauseAsync(CancellationToken cancellationToken) => _end.Value.WaitAsync(cancellationToken);

    private static async Task EndAsync(TestClock clock, TimeSpan length, TimeSpan step)
    {
        await Task.Delay(length);
        clock.Move(step);
        Console.WriteLine(Mark);
    }

    private sealed class LateBody(Stream body, Func<CancellationToken, Task> pause) : Stream
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
