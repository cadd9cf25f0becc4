namespace Registry.AspNetCore.Hosting;

/// <summary>A part of a registry that can be set up wrongly. A service keyed by the registry's name.</summary>
internal interface IStartupCheck
{
    /// <summary>Names everything that is wrong.</summary>
    IEnumerable<string> FindMistakes();
}
