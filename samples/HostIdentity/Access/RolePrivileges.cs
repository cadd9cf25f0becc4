using Microsoft.AspNetCore.Authorization;
using Registry.AspNetCore.Authorization;

namespace RegistryWithIdentity.Access;

/// <summary>What the app's roles may do in the registry. Whatever no handler allows is refused; those who have not signed in have no roles.</summary>
internal sealed class RolePrivileges : AuthorizationHandler<RegistryRequirement, RegistryResource>
{
    public const string Reader = "reader";
    public const string Publisher = "publisher";

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RegistryRequirement requirement, RegistryResource resource)
    {
        bool mayRead = context.User.IsInRole(Reader) || context.User.IsInRole(Publisher);
        bool isAllowed = requirement.Action switch
        {
            RegistryAction.Connect or RegistryAction.Pull or RegistryAction.List => mayRead,
            RegistryAction.Push or RegistryAction.Overwrite => context.User.IsInRole(Publisher),

            // What somebody pushed below their own name is theirs to delete: the resource says where the operation is.
            RegistryAction.Delete => context.User.IsInRole(Publisher) && resource.Repository?.Value.StartsWith($"{context.User.Identity?.Name}/", StringComparison.Ordinal) == true,
            _ => false,
        };
        if (isAllowed)
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
