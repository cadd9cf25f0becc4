using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Registry.AspNetCore.Transport;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Sets Kestrel up for requests and answers of gigabytes.</summary>
public static class DockerRegistryTransportExtensions
{
    // Enough that a sender does not wait while a buffer is hashed and written; a hundred uploads at once then have 25 MB in the server's hands.
    private const long ReadBufferBytes = 256 * 1024;

    /// <summary>
    /// Lets Kestrel receive in blocks of 64 KiB instead of 4 KiB and hold 256 KiB of what a connection has sent ahead instead of 1 MiB: large pushes take less processor time, and many of them at once
    /// less memory. It concerns the whole host, hence it is left to the host; a registry works without it.
    /// </summary>
    /// <param name="builder">The host.</param>
    public static IWebHostBuilder UseDockerRegistryTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(static services =>
        {
            services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, TransferBlocksFactory>());
            services.Configure<SocketTransportOptions>(static options => options.MaxReadBufferSize = ReadBufferBytes);
        });
    }
}
