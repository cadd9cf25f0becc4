using System.IO.Abstractions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Registry.Storage.FileSystem;
using Registry.Storage.InMemory;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives a registry the store that it keeps everything in.</summary>
public static class DockerRegistryStorageExtensions
{
    /// <summary>Keeps everything in a folder on disk, which several processes may share.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="path">The folder, made if it is missing; a relative path starts at the host's content root.</param>
    /// <param name="configure">Sets further options.</param>
    public static IDockerRegistryBuilder AddFileSystemStorage(this IDockerRegistryBuilder builder, string path, Action<FileSystemObjectStoreOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return builder.AddStorage(services =>
        {
            IFileSystem files = services.GetService<IFileSystem>() ?? new FileSystem();
            string origin = services.GetService<IHostEnvironment>()?.ContentRootPath ?? files.Directory.GetCurrentDirectory();
            var options = new FileSystemObjectStoreOptions { Root = files.Path.GetFullPath(path, origin) };
            configure?.Invoke(options);
            return new FileSystemObjectStore(
                files, options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<FileSystemObjectStore>>());
        });
    }

    /// <summary>Keeps everything in memory, until the process ends. For tests.</summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AddInMemoryStorage(this IDockerRegistryBuilder builder) =>
        builder.AddStorage(static services => new InMemoryObjectStore(services.GetRequiredService<TimeProvider>()));
}
