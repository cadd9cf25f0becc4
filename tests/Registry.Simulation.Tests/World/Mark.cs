namespace Registry.Simulation.World;

/// <summary>A kind of operation on a kind of key.</summary>
internal sealed record Mark(OperationKind Kind, string Key)
{
    public static readonly Mark PutBlob = new(OperationKind.Put, "blobs/");
    public static readonly Mark PutSession = new(OperationKind.Put, "uploads/");
    public static readonly Mark PutManifest = new(OperationKind.Put, "/manifests/");
    public static readonly Mark PutTag = new(OperationKind.Put, "/tags/");
    public static readonly Mark PutRef = new(OperationKind.Put, "refs/");
    public static readonly Mark PutWay = new(OperationKind.Put, "/tagged/");
    public static readonly Mark PutQuota = new(OperationKind.Put, "quotas/");
    public static readonly Mark DeleteRef = new(OperationKind.Delete, "refs/");
    public static readonly Mark DeleteData = new(OperationKind.Delete, "data/");
    public static readonly Mark DeleteBlob = new(OperationKind.Delete, "blobs/");
    public static readonly Mark DeleteWay = new(OperationKind.Delete, "/tagged/");
    public static readonly Mark ListRefs = new(OperationKind.List, "refs/");
    public static readonly Mark ListWays = new(OperationKind.List, "/tagged/");
    public static readonly Mark ListTags = new(OperationKind.List, "/tags/");
    public static readonly Mark ListData = new(OperationKind.List, "data/");
    public static readonly Mark ListBlobs = new(OperationKind.List, "blobs/");
    public static readonly Mark OpenData = new(OperationKind.OpenRead, "data/");
    public static readonly Mark GetQuota = new(OperationKind.Get, "quotas/");
    public static readonly Mark GetRef = new(OperationKind.Get, "refs/");
    public static readonly Mark GetBlob = new(OperationKind.Get, "blobs/");
    public static readonly Mark GetManifest = new(OperationKind.Get, "/manifests/");
    public static readonly Mark GetTag = new(OperationKind.Get, "/tags/");
    public static readonly Mark Complete = new(OperationKind.Complete, "");
    public static readonly Mark Abort = new(OperationKind.Abort, "");

    public bool Fits(Operation operation) => operation.Kind == Kind && operation.Key.Contains(Key, StringComparison.Ordinal);
}
