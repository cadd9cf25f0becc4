using System.Runtime.InteropServices;

namespace Registry.AspNetCore.Credentials.Htpasswd;

/// <summary><c>crypt_r</c> of the C library, by each name that it goes by.</summary>
internal static unsafe partial class LibCrypt
{
    /// <summary>Hashes a password with what a setting says: both end with a zero byte, and so does the result, which is in the buffer.</summary>
    public delegate byte* Crypt(byte* password, byte* setting, void* buffer);

    /// <summary>Where it may be found: libxcrypt and the C library of old, libxcrypt without the old interface, and musl, which has it in itself.</summary>
    public static IReadOnlyList<Crypt> Candidates { get; } = [InFirst, InSecond, InMusl];

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_r")]
    private static partial byte* InFirst(byte* password, byte* setting, void* buffer);

    [LibraryImport("libcrypt.so.2", EntryPoint = "crypt_r")]
    private static partial byte* InSecond(byte* password, byte* setting, void* buffer);

    [LibraryImport("libc", EntryPoint = "crypt_r")]
    private static partial byte* InMusl(byte* password, byte* setting, void* buffer);
}
