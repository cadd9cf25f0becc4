using System.Security.Claims;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;

namespace RegistryWithFeeds;

/// <summary>
/// Looks after API keys from the command line. There is no page for it: whoever can start this command with the registry's folder could change the folder, too, so nobody gets a right by it that
/// was not theirs already. It may be used while the registry runs.
/// </summary>
internal static class KeyCommands
{
    public static async Task<int> RunAsync(IServiceProvider services, string[] args)
    {
        var keys = services.GetRequiredService<IApiKeyService>();
        switch (args)
        {
            case ["hash", ..]:
                return Hash();
            case ["key", var owner, var name, ..]:
                return await CreateAsync(services, keys, owner, name);
            case ["keys", ..]:
                await foreach (var key in keys.ListAsync(null, default))
                {
                    string state = key.Revoked is { } revoked ? $"revoked {revoked:u}" : key.LastUsed is { } used ? $"last used {used:u}" : "never used";
                    Console.WriteLine($"{key.Id}  {key.Owner}  {key.Name}  made {key.Created:u}  {state}");
                }

                return 0;
            case ["revoke", var id, ..]:
                bool isRevoked = await keys.RevokeAsync(id, default);
                Console.Error.WriteLine(isRevoked ? "Revoked." : "There is no such key, or it was revoked before.");
                return isRevoked ? 0 : 1;
            default:
                Console.Error.WriteLine("Commands: hash; key OWNER NAME; keys; revoke ID. Without one, the registry starts.");
                return 2;
        }
    }

    private static async Task<int> CreateAsync(IServiceProvider services, IApiKeyService keys, string owner, string name)
    {
        if (await FindValidatorAsync(services, owner) is not { } validator)
        {
            Console.Error.WriteLine($"There is no user '{owner}', neither in appsettings.json nor in the file htpasswd.");
            return 1;
        }

        // The key has the owner's rights of the moment, and ends with the owner.
        var created = await keys.CreateAsync(new ApiKeyRequest { Name = name, Owner = owner, OwnerValidator = validator }, default);
        Console.Error.WriteLine($"""
            Here is the key, for this once: only a hash of it is kept. It is the password of the user "api":

                docker login -u api --password-stdin localhost:5000

            """);
        Console.WriteLine(created.Key); // and nothing else, so that it can be piped
        return 0;
    }

    /// <summary>Who knows the user: the section of the configuration, or the password file.</summary>
    private static async Task<string?> FindValidatorAsync(IServiceProvider services, string user)
    {
        foreach (var validator in services.GetKeyedServices<ICredentialValidator>(""))
        {
            if (validator is IAccountDirectory directory && await directory.FindAsync(user, default) is ClaimsIdentity)
            {
                return validator.Name;
            }
        }

        return null;
    }

    /// <summary>From the standard input: the arguments of a command are for everybody on the machine to see.</summary>
    private static int Hash()
    {
        Console.Error.Write("Password: ");
        if (Console.ReadLine() is not { Length: > 0 } password)
        {
            Console.Error.WriteLine("There is none.");
            return 1;
        }

        Console.WriteLine(RegistryPasswords.Hash(password));
        return 0;
    }
}
