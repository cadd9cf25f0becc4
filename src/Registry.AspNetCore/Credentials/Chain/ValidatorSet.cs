using Microsoft.Extensions.DependencyInjection;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>The validators of one registry in the order in which they were added. They are made at their first use, since one may look users up in another.</summary>
internal sealed class ValidatorSet(IServiceProvider services, string registry)
{
    private readonly Lazy<ICredentialValidator[]> _all = new(() => [.. services.GetKeyedServices<ICredentialValidator>(registry)]);

    public IReadOnlyList<ICredentialValidator> All => _all.Value;

    public ICredentialValidator? Find(string name)
    {
        foreach (ICredentialValidator validator in _all.Value)
        {
            if (string.Equals(validator.Name, name, StringComparison.Ordinal))
            {
                return validator;
            }
        }

        return null;
    }
}
