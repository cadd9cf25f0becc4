using System.Diagnostics;
using System.Globalization;
using System.IO.Abstractions;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Bench;
using Registry.CollectionBench;
using Registry.Storage.FileSystem;
using Registry.Storage.InMemory;

// in-memory BLOBS | fill FOLDER BLOBS | scan FOLDER | garbage FOLDER IMAGES
switch (args)
{
    case ["in-memory", var count]:
        var memory = new InMemoryObjectStore(TimeProvider.System);
        await new GeneratedContent(int.Parse(count, CultureInfo.InvariantCulture)).WriteAsync(memory, CancellationToken.None);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Console.WriteLine(await ScanRun.TellAsync("in memory, above what the store itself takes", memory, Environment.WorkingSet));
        return 0;
    case ["fill", var folder, var count]:
        await using (FileSystemObjectStore store = Open(folder, FileSystemDurability.Process))
        {
            long started = Stopwatch.GetTimestamp();
            var content = new GeneratedContent(int.Parse(count, CultureInfo.InvariantCulture));
            await content.WriteAsync(store, CancellationToken.None);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{content.Objects:N0} objects written in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s."));
        }

        return 0;
    case ["scan", var folder]:
        await using (FileSystemObjectStore store = Open(folder, FileSystemDurability.Machine))
        {
            Console.WriteLine(await ScanRun.TellAsync("on disk, the whole process", store, memoryBefore: 0));
        }

        return 0;
    case ["garbage", var folder, var count]:
        foreach (string row in await new GarbageRun(folder, int.Parse(count, CultureInfo.InvariantCulture)).TellAsync())
        {
            Console.WriteLine(row);
        }

        return 0;
    default:
        await Console.Error.WriteLineAsync("in-memory BLOBS | fill FOLDER BLOBS | scan FOLDER | garbage FOLDER IMAGES");
        return 2;
}

static FileSystemObjectStore Open(string folder, FileSystemDurability durability) => new(
    new FileSystem(),
    new FileSystemObjectStoreOptions { Root = Directory.CreateDirectory(folder).FullName, Durability = durability },
    TimeProvider.System,
    NullLogger<FileSystemObjectStore>.Instance);
