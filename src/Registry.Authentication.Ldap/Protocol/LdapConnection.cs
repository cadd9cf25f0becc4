using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Registry.Authentication.Ldap.Protocol;

/// <summary>
/// The little of LDAP (RFC 4511) that signing in needs: StartTLS, simple bind and search, one at a time. A connection on which anything failed, or was cancelled, is of no further use.
/// </summary>
/// <remarks>
/// It is spoken here, and not by way of the C library libldap, since binding through that can neither be cancelled nor ends in a bounded time when a server stops answering, and since certificates
/// could not be given for one connection alone.
/// </remarks>
internal sealed class LdapConnection : IDisposable
{
    private const int MaxMessageBytes = 1024 * 1024;
    private const int Success = 0;
    private const int SizeLimitExceeded = 4;
    private const string StartTlsOid = "1.3.6.1.4.1.1466.20037";

    private static readonly Asn1Tag BindRequest = Application(0);
    private static readonly Asn1Tag BindResponse = Application(1);
    private static readonly Asn1Tag SearchRequest = Application(3);
    private static readonly Asn1Tag SearchEntry = Application(4);
    private static readonly Asn1Tag SearchDone = Application(5);
    private static readonly Asn1Tag SearchReference = Application(19);
    private static readonly Asn1Tag ExtendedRequest = Application(23);
    private static readonly Asn1Tag ExtendedResponse = Application(24);

    private Stream _stream;
    private int _lastId;

    private LdapConnection(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    private enum Scope
    {
        BaseObject = 0,
        WholeSubtree = 2,
    }

    private enum Aliases
    {
        Never = 0,
    }

    /// <summary>Connects to a server, encrypted unless it may be otherwise.</summary>
    public static async Task<LdapConnection> OpenAsync(LdapServer server, bool allowUnencrypted, X509Certificate2Collection? authorities, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new LdapConnection(socket);
        try
        {
            if (!server.IsTls && !allowUnencrypted)
            {
                await connection.StartTlsAsync(cancellationToken).ConfigureAwait(false);
            }

            if (server.IsTls || !allowUnencrypted)
            {
                await connection.EncryptAsync(server.Host, authorities, cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Binds with a name and password (simple bind).</summary>
    /// <returns>The result code: 0 for success.</returns>
    public async Task<int> BindAsync(string dn, string password, CancellationToken cancellationToken)
    {
        // A bind without a password succeeds and proves nothing (RFC 4513, 5.1.2).
        ArgumentException.ThrowIfNullOrEmpty(password);
        int id = await SendAsync(
            writer =>
            {
                using (writer.PushSequence(BindRequest))
                {
                    writer.WriteInteger(3);
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(dn));
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(password), new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            },
            cancellationToken).ConfigureAwait(false);
        AsnReader answer = await ReceiveAsync(id, cancellationToken).ConfigureAwait(false);
        return ReadResult(answer, BindResponse).Code;
    }

    public async Task<List<LdapEntry>> SearchAsync(LdapSearch search, CancellationToken cancellationToken)
    {
        int id = await SendAsync(writer => WriteSearch(writer, search), cancellationToken).ConfigureAwait(false);
        var entries = new List<LdapEntry>();
        while (true)
        {
            AsnReader answer = await ReceiveAsync(id, cancellationToken).ConfigureAwait(false);
            Asn1Tag tag = answer.PeekTag();
            if (tag.HasSameClassAndValue(SearchEntry))
            {
                // A server need not keep to the limit.
                if (entries.Count < search.Limit)
                {
                    entries.Add(ReadEntry(answer.ReadSequence(SearchEntry)));
                }
            }
            else if (!tag.HasSameClassAndValue(SearchReference))
            {
                (int code, string message) = ReadResult(answer, SearchDone);
                return code is Success or SizeLimitExceeded ? entries : throw new LdapException(code, $"The search below '{search.Base}' ended with the result code {code}. {message}");
            }
        }
    }

    public void Dispose() => _stream.Dispose();

    private static Asn1Tag Application(int number) => new(TagClass.Application, number, isConstructed: true);

    private static void WriteSearch(AsnWriter writer, LdapSearch search)
    {
        using (writer.PushSequence(SearchRequest))
        {
            writer.WriteOctetString(Encoding.UTF8.GetBytes(search.Base));
            writer.WriteEnumeratedValue(search.IsBaseOnly ? Scope.BaseObject : Scope.WholeSubtree);
            writer.WriteEnumeratedValue(Aliases.Never);
            writer.WriteInteger(search.Limit);
            writer.WriteInteger(0);
            writer.WriteBoolean(false);
            search.Filter.Write(writer, search.User, search.Dn);
            using (writer.PushSequence())
            {
                foreach (string attribute in search.Attributes)
                {
                    writer.WriteOctetString(Encoding.ASCII.GetBytes(attribute));
                }
            }
        }
    }

    private static LdapEntry ReadEntry(AsnReader reader)
    {
        string dn = Encoding.UTF8.GetString(reader.ReadOctetString());
        var attributes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        AsnReader list = reader.ReadSequence();
        while (list.HasData)
        {
            AsnReader attribute = list.ReadSequence();
            string name = Encoding.UTF8.GetString(attribute.ReadOctetString());
            var values = new List<string>();
            AsnReader set = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (set.HasData)
            {
                values.Add(Encoding.UTF8.GetString(set.ReadOctetString()));
            }

            attributes[name] = values;
        }

        return new LdapEntry(dn, attributes);
    }

    private static (int Code, string Message) ReadResult(AsnReader answer, Asn1Tag expected)
    {
        AsnReader result = answer.ReadSequence(expected);
        ReadOnlySpan<byte> code = result.ReadEnumeratedBytes().Span;
        result.ReadOctetString();
        string message = Encoding.UTF8.GetString(result.ReadOctetString());
        return (code.Length == 1 ? code[0] : int.MaxValue, message);
    }

    private async Task StartTlsAsync(CancellationToken cancellationToken)
    {
        int id = await SendAsync(
            static writer =>
            {
                using (writer.PushSequence(ExtendedRequest))
                {
                    writer.WriteOctetString(Encoding.ASCII.GetBytes(StartTlsOid), new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            },
            cancellationToken).ConfigureAwait(false);
        AsnReader answer = await ReceiveAsync(id, cancellationToken).ConfigureAwait(false);
        (int code, string message) = ReadResult(answer, ExtendedResponse);
        if (code != Success)
        {
            throw new LdapException(code, $"StartTLS was refused with the result code {code}. {message}");
        }
    }

    private async Task EncryptAsync(string host, X509Certificate2Collection? authorities, CancellationToken cancellationToken)
    {
        // Each answer is read to its last byte and no further, so nothing that came before the encryption is taken for what comes under it.
        var encrypted = new SslStream(_stream);
        _stream = encrypted;
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        await encrypted.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> SendAsync(Action<AsnWriter> write, CancellationToken cancellationToken)
    {
        int id = ++_lastId;
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            write(writer);
        }

        await _stream.WriteAsync(writer.Encode(), cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>Receives the next message of an operation, up to what it is about.</summary>
    private async Task<AsnReader> ReceiveAsync(int id, CancellationToken cancellationToken)
    {
        byte[] head = new byte[6];
        await _stream.ReadExactlyAsync(head.AsMemory(0, 2), cancellationToken).ConfigureAwait(false);
        int more = head[1] < 0x80 ? 0 : head[1] - 0x80;
        if (head[0] != 0x30 || more > sizeof(int) || head[1] == 0x80)
        {
            throw new LdapException(null, "The server's answer is no LDAP.");
        }

        await _stream.ReadExactlyAsync(head.AsMemory(2, more), cancellationToken).ConfigureAwait(false);
        uint length = head[1];
        if (more > 0)
        {
            byte[] number = new byte[sizeof(uint)];
            head.AsSpan(2, more).CopyTo(number.AsSpan(sizeof(uint) - more));
            length = BinaryPrimitives.ReadUInt32BigEndian(number);
        }

        if (length > MaxMessageBytes)
        {
            throw new LdapException(null, $"The server's answer has more than {MaxMessageBytes} bytes.");
        }

        byte[] content = new byte[length];
        await _stream.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
        var reader = new AsnReader(content, AsnEncodingRules.BER);

        // Number 0 is the server's notice that it ends the connection.
        return reader.TryReadInt32(out int answered) && answered == id ? reader : throw new LdapException(null, "The server ended the connection, or answered what was not asked.");
    }
}
