using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Credentials;
using Registry.Authentication.Ldap.Protocol;

namespace Registry.Authentication.Ldap;

/// <summary>Finds a user in the directory, binds as the user to check the password, and takes its groups for roles.</summary>
/// <remarks>It is no <see cref="IAccountDirectory"/>: that is asked at every request and must be a look into memory.</remarks>
internal sealed class LdapValidator : ICredentialValidator, IDisposable
{
    private const int MaxGroups = 1000;
    private const int MaxNameLength = 255;

    // The result codes (RFC 4511, appendix A) with which a server refuses a name or a password; with others, it could not look.
    private const int NoSuchObject = 32;
    private const int InvalidDnSyntax = 34;
    private const int InappropriateAuthentication = 48;
    private const int InvalidCredentials = 49;
    private const int InsufficientAccessRights = 50;
    private const int UnwillingToPerform = 53;

    private readonly LdapOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LdapDirectory _directory;
    private readonly LdapFilter _userFilter;
    private readonly LdapFilter _groupFilter;
    private readonly LdapFilter _anything;
    private readonly SemaphoreSlim _slots;

    /// <exception cref="OptionsValidationException">Settings are wrong: each is named.</exception>
    public LdapValidator(LdapOptions options, TimeProvider time, ILogger<LdapValidator> logger)
    {
        List<string> mistakes = [.. options.Validate()];
        X509Certificate2Collection? authorities = ReadAuthorities(options.CertificateAuthorityFile, mistakes);
        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(options.Name, typeof(LdapOptions), mistakes);
        }

        _options = options;
        _time = time;
        _logger = logger;
        _directory = new LdapDirectory(options, authorities);
        _userFilter = Parse(options.UserFilter);
        _groupFilter = Parse(options.GroupFilter);
        _anything = Parse("(objectClass=*)");
        _slots = new SemaphoreSlim(options.MaxConcurrency);
    }

    public string Name => _options.Name;

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        // A bind without a password succeeds and proves nothing (RFC 4513, 5.1.2).
        if (credentials.Password.Length == 0 || credentials.UserName.Length == 0 || credentials.UserName.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _slots.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return await SignInAsync(credentials.UserName, credentials.Password, either.Token).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (Exception e) when (LdapDirectory.IsFault(e))
        {
            throw new CredentialsUnavailableException($"The directory '{Name}' cannot be asked: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CredentialsUnavailableException($"The directory '{Name}' did not answer within {_options.Timeout}.", e);
        }
    }

    public void Dispose()
    {
        _directory.Dispose();
        _slots.Dispose();
    }

    private static LdapFilter Parse(string text) => LdapFilter.TryParse(text, out LdapFilter? filter) ? filter : throw new ArgumentException("This is no filter.", nameof(text));

    private static X509Certificate2Collection? ReadAuthorities(string? file, List<string> mistakes)
    {
        if (file is null)
        {
            return null;
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0)
            {
                mistakes.Add($"{nameof(LdapOptions)}.{nameof(LdapOptions.CertificateAuthorityFile)}: '{file}' has no certificates.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            mistakes.Add($"{nameof(LdapOptions)}.{nameof(LdapOptions.CertificateAuthorityFile)}: '{file}' cannot be read: {e.Message}");
        }

        return authorities;
    }

    private string[] WantedOfUsers => _options.MemberOfAttribute is { } memberOf ? [_options.UserNameAttribute, memberOf] : [_options.UserNameAttribute];

    private async Task<ClaimsIdentity?> SignInAsync(string userName, string password, CancellationToken cancellationToken)
    {
        string dn;
        LdapEntry? entry = null;
        if (_options.UserDnTemplate is { } template)
        {
            dn = template.Replace(LdapFilter.User, DistinguishedName.Escape(userName), StringComparison.Ordinal);
        }
        else
        {
            List<LdapEntry> found = await _directory.SearchAsync(
                new LdapSearch(_options.UserBase!, false, _userFilter, userName, "", WantedOfUsers, 2), cancellationToken).ConfigureAwait(false);
            if (found.Count > 1)
            {
                _logger.AmbiguousUser(Name);
            }

            // Nobody is bound as, too, so that an unknown user takes as many steps as a wrong password.
            entry = found.Count == 1 ? found[0] : null;
            dn = entry?.Dn ?? $"cn=nobody,{_options.UserBase}";
        }

        using LdapConnection connection = await _directory.OpenAsync(cancellationToken).ConfigureAwait(false);
        int code = await connection.BindAsync(dn, password, cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            return code is InvalidCredentials or NoSuchObject or InvalidDnSyntax or InappropriateAuthentication or InsufficientAccessRights or UnwillingToPerform
                ? null
                : throw new LdapException(code, $"Binding as a user ended with the result code {code}.");
        }

        if (_options.UserDnTemplate is not null)
        {
            entry = (await SearchAsync(connection, new LdapSearch(dn, true, _anything, userName, dn, WantedOfUsers, 1), cancellationToken).ConfigureAwait(false)).FirstOrDefault()
                ?? throw new LdapException(null, "The directory does not show the entry of a user that signed in.");
        }

        return entry is null ? null : await IdentifyAsync(connection, entry, userName, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ClaimsIdentity?> IdentifyAsync(LdapConnection connection, LdapEntry entry, string userName, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = entry[_options.UserNameAttribute];
        string? name = names.FirstOrDefault(value => string.Equals(value, userName.Trim(), StringComparison.OrdinalIgnoreCase)) ?? (names.Count > 0 ? names[0] : null);
        if (name is null)
        {
            throw new LdapException(null, $"The directory shows no '{_options.UserNameAttribute}' of a user that signed in.");
        }

        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) || name == "api")
        {
            return null;
        }

        var groups = new List<(string Dn, string? Name)>();
        if (_options.MemberOfAttribute is { } memberOf)
        {
            groups.AddRange(entry[memberOf].Select(static dn => (dn, DistinguishedName.FirstValue(dn))));
        }

        if (_options.GroupBase is { } groupBase)
        {
            var search = new LdapSearch(groupBase, false, _groupFilter, name, entry.Dn, [_options.GroupNameAttribute], MaxGroups);
            groups.AddRange((await SearchAsync(connection, search, cancellationToken).ConfigureAwait(false))
                .Select(group => (group.Dn, group[_options.GroupNameAttribute] is { Count: > 0 } values ? values[0] : null)));
        }

        var identity = new ClaimsIdentity(Name, ClaimTypes.Name, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.Name, name));
        foreach (string role in groups.Select(group => RoleOf(group.Dn, group.Name)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            identity.AddClaim(new Claim(ClaimTypes.Role, role));
        }

        return identity;
    }

    private string? RoleOf(string dn, string? name) =>
        _options.Roles.Count == 0 ? name
        : _options.Roles.TryGetValue(dn, out string? role) || (name is not null && _options.Roles.TryGetValue(name, out role)) ? role
        : null;

    /// <summary>As the account that searches where there is one, otherwise as the user.</summary>
    private Task<List<LdapEntry>> SearchAsync(LdapConnection connection, LdapSearch search, CancellationToken cancellationToken) =>
        _options.BindDn is null ? connection.SearchAsync(search, cancellationToken) : _directory.SearchAsync(search, cancellationToken);
}
