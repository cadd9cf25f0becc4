using System.ComponentModel.DataAnnotations;

namespace Registry.Storage.FileSystem;

/// <summary>Where and how <see cref="FileSystemObjectStore"/> keeps objects.</summary>
public sealed class FileSystemObjectStoreOptions
{
    /// <summary>
    /// The folder that everything is kept in. It is made if it is missing. A relative path counts from the process's current folder.
    /// Several processes, also on several machines, may use one folder at the same time where its file system has working locks.
    /// </summary>
    [Required]
    public string Root { get; set; } = "";

    /// <summary>What an acknowledged write has survived; by default everything.</summary>
    [EnumDataType(typeof(FileSystemDurability))]
    public FileSystemDurability Durability { get; set; } = FileSystemDurability.Machine;

    /// <summary>How many threads flush small objects and names, 1 to 64.</summary>
    [Range(1, 64)]
    public int WriterThreads { get; set; } = 4;

    /// <summary>How many threads write the bytes of uploads and read folders, 1 to 64.</summary>
    [Range(1, 64)]
    public int TransferThreads { get; set; } = 8;
}

/// <summary>What an acknowledged write of a <see cref="FileSystemObjectStore"/> survives.</summary>
public enum FileSystemDurability
{
    /// <summary>
    /// A crash of the machine: every write is on the disk, with the name it is found by, before it is acknowledged. On XFS and on ext4 with a journal, which keep
    /// changes in order, one flush does for several writes; elsewhere each file and each folder is flushed.
    /// </summary>
    Machine,

    /// <summary>A crash of the machine, relying on nothing that is particular to a file system: each file and each folder is flushed by itself, always.</summary>
    MachineStrict,

    /// <summary>A crash of the process only: flushing is left to the operating system. For tests and throw-away registries.</summary>
    Process,
}
