namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A folder of its own that is deleted at the end.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("registry-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
