using System.Security.Claims;
using Registry.AspNetCore.Authorization;

namespace Registry.AspNetCore.SignIn;

/// <summary>A user that several requests share, and so nobody may change: a claim that one request added would be the next one's.</summary>
internal sealed class FixedPrincipal(ClaimsIdentity identity) : ClaimsPrincipal(new FixedIdentity(identity))
{
    private const string Refusal = "This user is shared by requests. Work on a clone of it.";

    /// <summary>The grants to this user in the feed that was asked about last, which many of its requests are on.</summary>
    public OwnGrants? Grants { get; set; }

    public override void AddIdentity(ClaimsIdentity identity) => throw new InvalidOperationException(Refusal);

    public override void AddIdentities(IEnumerable<ClaimsIdentity> identities) => throw new InvalidOperationException(Refusal);

    private sealed class FixedIdentity(ClaimsIdentity identity) : ClaimsIdentity(identity)
    {
        public override void AddClaim(Claim claim) => throw new InvalidOperationException(Refusal);

        public override void AddClaims(IEnumerable<Claim?> claims) => throw new InvalidOperationException(Refusal);

        public override void RemoveClaim(Claim? claim) => throw new InvalidOperationException(Refusal);

        public override bool TryRemoveClaim(Claim? claim) => throw new InvalidOperationException(Refusal);
    }
}
