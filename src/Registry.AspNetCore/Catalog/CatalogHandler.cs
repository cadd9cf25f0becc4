using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Catalog;
using Registry.Errors;

namespace Registry.AspNetCore.Catalog;

/// <summary>Lists the repositories that the caller may pull from (Docker Registry HTTP API, "Listing Repositories").</summary>
internal static class CatalogHandler
{
    public static async Task ListAsync(RegistryRequest request)
    {
        DockerRegistryOptions options = request.Registry.Options;
        if (!options.EnableCatalog)
        {
            await ErrorWriter.WriteAsync(request.Http, StatusCodes.Status404NotFound, [new RegistryError(RegistryErrorCode.Unsupported, "The catalog is switched off in this registry.")]).ConfigureAwait(false);
            return;
        }

        PageQuery query = PageQuery.Read(request.Http.Request, options.MaxPageSize);
        int limit = query.Limit ?? options.CatalogPageSize;
        NamePage page = limit == 0 ? new NamePage([], false) : await ReadableAsync(request, query.Last, limit).ConfigureAwait(false);
        if (page.HasMore)
        {
            request.Response.Headers.Link = PageQuery.Next(request.Url("_catalog"), limit, page.Names[^1]);
        }

        request.Response.StatusCode = StatusCodes.Status200OK;
        request.Response.ContentType = "application/json";
        if (request.IsHead)
        {
            return;
        }

        await using var json = new NameListWriter(request.Response, "repositories", name: null);
        await json.WriteAsync(page.Names, request.Aborted).ConfigureAwait(false);
        await json.CompleteAsync(request.Aborted).ConfigureAwait(false);
    }

    private static async ValueTask<NamePage> ReadableAsync(RegistryRequest request, string? last, int limit)
    {
        var names = new List<string>();
        await foreach (string name in new CatalogListing(request, limit + 1).NamesAsync(last, request.Aborted).ConfigureAwait(false))
        {
            if (names.Count == limit)
            {
                return new NamePage(names, true);
            }

            names.Add(name);
        }

        return new NamePage(names, false);
    }
}
