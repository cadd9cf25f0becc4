using Registry.AspNetCore.Hosting;

namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>The mistakes that validators make together, and those of the options.</summary>
internal sealed class ValidatorCheck(ValidatorSet validators, CredentialOptions options) : IStartupCheck
{
    public IEnumerable<string> FindMistakes()
    {
        foreach (string mistake in options.Validate())
        {
            yield return $"{nameof(CredentialOptions)}.{mistake}";
        }

        foreach (IGrouping<string, ICredentialValidator> same in validators.All.GroupBy(static validator => validator.Name, StringComparer.Ordinal))
        {
            if (string.IsNullOrEmpty(same.Key))
            {
                yield return $"the credential validator {same.First().GetType().Name} has no name.";
            }
            else if (same.Skip(1).Any())
            {
                yield return $"two credential validators have the name '{same.Key}'. A token says by this name who looks after its user; give one of them another.";
            }
        }
    }
}
