using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Authentication.Ldap.Protocol;

/// <summary>The servers of one directory, and a few connections that are kept for searching.</summary>
internal sealed class LdapDirectory(LdapOptions options, X509Certificate2Collection? authorities) : IDisposable
{
    private const int MaxIdle = 4;
    private const int InvalidCredentials = 49;

    private readonly LdapServer[] _servers = [.. options.Servers.Select(static server => LdapServer.TryParse(server)!)];
    private readonly ConcurrentBag<LdapConnection> _idle = [];
    private volatile bool _isDisposed;

    /// <summary>Whether an exception says that the directory cannot tell anything now.</summary>
    public static bool IsFault(Exception e) => e is IOException or SocketException or AuthenticationException or LdapException or AsnContentException;

    /// <summary>Connects to the first server that can be reached. Each gets its share of the time.</summary>
    public async Task<LdapConnection> OpenAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            share.CancelAfter(options.Timeout / _servers.Length);
            try
            {
                return await LdapConnection.OpenAsync(_servers[i], options.AllowUnencrypted, authorities, share.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (i < _servers.Length - 1 && (IsFault(e) || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)))
            {
                continue; // The next one may be reached; what is wrong with the last one is told.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new LdapException(null, $"{_servers[i]} did not answer in time.");
            }
        }
    }

    /// <summary>Searches as the account that searches, or as nobody where there is none.</summary>
    public async Task<List<LdapEntry>> SearchAsync(LdapSearch search, CancellationToken cancellationToken)
    {
        // The server may have ended a connection that lay idle: that is found out by using it.
        while (_idle.TryTake(out LdapConnection? idle))
        {
            try
            {
                return await SearchAsync(idle, search, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                continue;
            }
        }

        LdapConnection connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (options.BindDn is { } dn && await connection.BindAsync(dn, options.BindPassword!, cancellationToken).ConfigureAwait(false) is not 0 and int code)
            {
                throw new LdapException(code, code == InvalidCredentials ? $"The directory refuses the account '{dn}' that searches." : $"Binding as '{dn}' ended with the result code {code}.");
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return await SearchAsync(connection, search, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryTake(out LdapConnection? connection))
        {
            connection.Dispose();
        }
    }

    private async Task<List<LdapEntry>> SearchAsync(LdapConnection connection, LdapSearch search, CancellationToken cancellationToken)
    {
        bool isGood = false;
        try
        {
            List<LdapEntry> entries = await connection.SearchAsync(search, cancellationToken).ConfigureAwait(false);
            isGood = true;
            return entries;
        }
        finally
        {
            if (isGood && _idle.Count < MaxIdle && !_isDisposed)
            {
                _idle.Add(connection);
            }
            else
            {
                connection.Dispose();
            }
        }
    }
}
