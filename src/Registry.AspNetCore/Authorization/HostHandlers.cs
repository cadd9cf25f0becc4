using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.DependencyInjection;

namespace Registry.AspNetCore.Authorization;

/// <summary>Tells whether the host takes part in authorization: by a handler, whatever it is for, or by a service of its own in place of ASP.NET Core's.</summary>
/// <param name="services">The host's services, complete once the host is built.</param>
internal sealed class HostHandlers(IServiceCollection services)
{
    private bool? _takePart;

    public bool TakePart => _takePart ??= services.Any(static service => service.IsKeyedService ? false
        : service.ServiceType == typeof(IAuthorizationHandler) ? service.ImplementationType != typeof(RegistryRightsHandler) && service.ImplementationType != typeof(PassThroughAuthorizationHandler)
        : (service.ServiceType == typeof(IAuthorizationService) || service.ServiceType == typeof(IAuthorizationHandlerProvider) || service.ServiceType == typeof(IAuthorizationEvaluator))
            && !IsAspNetCores(service.ImplementationType));

    // What AddAuthorization() registers is not always the public default itself.
    private static bool IsAspNetCores(Type? type) => type?.Assembly == typeof(DefaultAuthorizationService).Assembly || type?.Assembly == typeof(PolicyEvaluator).Assembly;
}
