namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What extension methods gather of a registry before the host is built: one object of a kind for each registry.</summary>
internal static class RegistrySettings
{
    public static T Gather<T>(this IDockerRegistryBuilder builder)
        where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (ServiceDescriptor descriptor in builder.Services)
        {
            if (descriptor.IsKeyedService && descriptor.ServiceType == typeof(T) && Equals(descriptor.ServiceKey, builder.Name) && descriptor.KeyedImplementationInstance is T known)
            {
                return known;
            }
        }

        var gathered = new T();
        builder.Services.AddKeyedSingleton(builder.Name, gathered);
        return gathered;
    }
}
