using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Blobs;
using Registry.AspNetCore.Catalog;
using Registry.AspNetCore.Manifests;
using Registry.AspNetCore.Referrers;
using Registry.AspNetCore.Tags;
using Registry.AspNetCore.Tokens;
using Registry.AspNetCore.Uploads;

namespace Registry.AspNetCore.Routing;

/// <summary>One operation of the protocol.</summary>
/// <param name="Name">Its name in metrics, traces and logs.</param>
/// <param name="Action">What the caller needs the right to; <see langword="null"/> where everybody may ask.</param>
/// <param name="Handler">What carries it out.</param>
/// <param name="TakesBody">Whether it reads a request body.</param>
internal sealed record Operation(string Name, RegistryAction? Action, Func<RegistryRequest, Task> Handler, bool TakesBody = false);

/// <summary>Every operation of the protocol, by what it is on and by which method.</summary>
internal static class Operations
{
    private static readonly Operation Base = new("version", RegistryAction.Connect, VersionCheck.HandleAsync);
    private static readonly Operation GetToken = new("token.get", null, TokenHandler.GetAsync);
    private static readonly Operation PostToken = new("token.post", null, TokenHandler.PostAsync);
    private static readonly Operation ListRepositories = new("catalog.list", RegistryAction.List, CatalogHandler.ListAsync);
    private static readonly Operation ListTags = new("tags.list", RegistryAction.Pull, TagListHandler.ListAsync);
    private static readonly Operation ListReferrers = new("referrers.list", RegistryAction.Pull, ReferrersHandler.ListAsync);
    private static readonly Operation GetManifest = new("manifest.get", RegistryAction.Pull, ManifestPull.HandleAsync);
    private static readonly Operation PutManifest = new("manifest.put", RegistryAction.Push, ManifestPush.HandleAsync, TakesBody: true);
    private static readonly Operation DeleteManifest = new("manifest.delete", RegistryAction.Delete, ManifestDelete.HandleAsync);
    private static readonly Operation GetBlob = new("blob.get", RegistryAction.Pull, BlobPull.GetAsync);
    private static readonly Operation HeadBlob = new("blob.head", RegistryAction.Pull, BlobPull.HeadAsync);
    private static readonly Operation DeleteBlob = new("blob.delete", RegistryAction.Delete, BlobDelete.HandleAsync);
    private static readonly Operation StartUpload = new("upload.start", RegistryAction.Push, UploadStart.HandleAsync, TakesBody: true);
    private static readonly Operation UploadStatus = new("upload.status", RegistryAction.Push, UploadProgress.StatusAsync);
    private static readonly Operation AppendUpload = new("upload.append", RegistryAction.Push, UploadProgress.AppendAsync, TakesBody: true);
    private static readonly Operation FinishUpload = new("upload.finish", RegistryAction.Push, UploadFinish.HandleAsync, TakesBody: true);
    private static readonly Operation CancelUpload = new("upload.cancel", RegistryAction.Push, UploadProgress.CancelAsync);

    public static Operation? Find(RouteKind kind, string method)
    {
        bool get = HttpMethods.IsGet(method);
        bool head = HttpMethods.IsHead(method);
        return kind switch
        {
            RouteKind.Base when get || head => Base,
            RouteKind.Token when get || head => GetToken,
            RouteKind.Token when HttpMethods.IsPost(method) => PostToken,
            RouteKind.Catalog when get || head => ListRepositories,
            RouteKind.TagList when get || head => ListTags,
            RouteKind.Referrers when get || head => ListReferrers,
            RouteKind.Manifest when get || head => GetManifest,
            RouteKind.Manifest when HttpMethods.IsPut(method) => PutManifest,
            RouteKind.Manifest when HttpMethods.IsDelete(method) => DeleteManifest,
            RouteKind.Blob when get => GetBlob,
            RouteKind.Blob when head => HeadBlob,
            RouteKind.Blob when HttpMethods.IsDelete(method) => DeleteBlob,
            RouteKind.StartUpload when HttpMethods.IsPost(method) => StartUpload,
            RouteKind.Upload when get || head => UploadStatus,
            RouteKind.Upload when HttpMethods.IsPatch(method) => AppendUpload,
            RouteKind.Upload when HttpMethods.IsPut(method) => FinishUpload,
            RouteKind.Upload when HttpMethods.IsDelete(method) => CancelUpload,
            _ => null,
        };
    }

    /// <summary>The value of an <c>Allow</c> header.</summary>
    /// <param name="kind">The resource.</param>
    /// <param name="except">A method that the resource has and that is refused now.</param>
    public static string AllowedMethods(RouteKind kind, string? except = null) => string.Join(", ", Methods(kind).Where(method => method != except));

    private static string[] Methods(RouteKind kind) => kind switch
    {
        RouteKind.Token => ["GET", "HEAD", "POST"],
        RouteKind.Manifest => ["GET", "HEAD", "PUT", "DELETE"],
        RouteKind.Blob => ["GET", "HEAD", "DELETE"],
        RouteKind.StartUpload => ["POST"],
        RouteKind.Upload => ["GET", "HEAD", "PATCH", "PUT", "DELETE"],
        _ => ["GET", "HEAD"],
    };
}
