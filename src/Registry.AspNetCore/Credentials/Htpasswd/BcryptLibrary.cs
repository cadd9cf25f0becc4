using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Registry.AspNetCore.Credentials.Htpasswd;

/// <summary>Checks passwords against bcrypt hashes with the C library.</summary>
internal sealed unsafe class BcryptLibrary : IDisposable
{
    // What crypt_r works in: 32,768 bytes in libxcrypt, 128 KiB in the C library of old, 260 bytes in musl.
    private const int BufferBytes = 128 * 1024;

    // What bcrypt reads of a password.
    private const int MaxPasswordBytes = 72;

    private const string KnownPassword = "registry";
    private const string KnownHash = "$2y$04$HyAUTluaOebGFi2DsXOF/uLpoVXkf1QbL1kqR..h7OL9aZTnZSGku";

    private readonly ConcurrentBag<nint> _buffers = [];
    private readonly LibCrypt.Crypt? _crypt;
    private volatile bool _isDisposed;

    public BcryptLibrary()
        : this(OperatingSystem.IsLinux() ? LibCrypt.Candidates : [])
    {
    }

    internal BcryptLibrary(IEnumerable<LibCrypt.Crypt> candidates)
    {
        foreach (LibCrypt.Crypt candidate in candidates)
        {
            try
            {
                // There are C libraries whose crypt_r knows no bcrypt.
                if (Verify(candidate, KnownPassword, KnownHash))
                {
                    _crypt = candidate;
                    return;
                }
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                continue; // The next one may be there.
            }
        }
    }

    /// <summary>Whether this system has what it needs.</summary>
    public bool IsAvailable => _crypt is not null;

    /// <summary>Whether a password has a hash. Only its first 72 bytes matter, and one with a zero character has none.</summary>
    public bool Verify(string password, string hash) => _crypt is not null && Verify(_crypt, password, hash);

    public void Dispose()
    {
        _isDisposed = true;
        while (_buffers.TryTake(out nint buffer))
        {
            NativeMemory.Free((void*)buffer);
        }
    }

    private bool Verify(LibCrypt.Crypt crypt, string password, string hash)
    {
        if (password.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        byte[] passwordBytes = new byte[Encoding.UTF8.GetMaxByteCount(password.Length) + 1];
        int length = Math.Min(Encoding.UTF8.GetBytes(password, passwordBytes), MaxPasswordBytes);
        passwordBytes.AsSpan(length).Clear();
        byte[] setting = Encoding.ASCII.GetBytes(hash + '\0');
        void* buffer = _buffers.TryTake(out nint pooled) ? (void*)pooled : NativeMemory.AllocZeroed(BufferBytes);
        try
        {
            fixed (byte* passwordStart = passwordBytes, settingStart = setting)
            {
                byte* result = crypt(passwordStart, settingStart, buffer);
                return result is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result), setting.AsSpan(0, hash.Length));
            }
        }
        finally
        {
            // crypt_r wants zeros, and nobody wants a password there.
            NativeMemory.Clear(buffer, BufferBytes);
            CryptographicOperations.ZeroMemory(passwordBytes);
            _buffers.Add((nint)buffer);
            if (_isDisposed)
            {
                Dispose();
            }
        }
    }
}
