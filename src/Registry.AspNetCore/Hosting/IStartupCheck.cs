namespace Registry.AspNetCore.Hosting;

/// <summary>Something of one registry that is looked at before the host starts; keyed by the registry's name.</summary>
internal interface IStartupCheck
{
    /// <summary>Names every mistake, without the registry's name.</summary>
    IEnumerable<string> FindMistakes();
}
