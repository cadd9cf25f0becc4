using Registry.AspNetCore.Http;

namespace Registry.AspNetCore.Routing;

/// <summary>Says that this is a registry (distribution-spec, end-1). Whether the caller has to sign in was decided before.</summary>
internal static class VersionCheck
{
    public static Task HandleAsync(RegistryRequest request) => request.Response.WriteJsonAsync("{}"u8.ToArray(), request.IsHead, request.Aborted);
}
