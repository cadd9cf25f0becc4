using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

/// <summary>
/// What a store does when something goes wrong between it and its server. A test project derives a class from this and says where the server is and what its
/// requests look like.
/// </summary>
public abstract partial class RemoteStoreFaults : RemoteStoreTest
{
    /// <summary>How many bytes the store sends in one request of a large upload.</summary>
    protected abstract int PartBytes { get; }

    /// <summary>Whether a request is the step of an upload that is named: <c>begin</c>, <c>part</c>, <c>tail</c>, <c>complete</c> or <c>drop</c>.</summary>
    protected abstract bool IsStep(ProxiedRequest request, string step);

    /// <summary>Whether a request asks for a page of a listing.</summary>
    protected abstract bool IsListing(ProxiedRequest request);
}
