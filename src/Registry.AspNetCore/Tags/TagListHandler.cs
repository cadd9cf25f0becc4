using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Catalog;
using Registry.Errors;

namespace Registry.AspNetCore.Tags;

/// <summary>Lists a repository's tags in byte order (distribution-spec, end-8a, end-8b).</summary>
internal static class TagListHandler
{
    private const int StorePage = 1000;

    public static async Task ListAsync(RegistryRequest request)
    {
        PageQuery query = PageQuery.Read(request.Http.Request, request.Registry.Options.MaxPageSize);
        NamePage first = query.Limit == 0
            ? new NamePage([], false)
            : await request.Content.Tags.ListAsync(request.Repository, query.Last, query.Limit ?? StorePage, request.Aborted).ConfigureAwait(false);
        if (first.Names.Count == 0 && !await request.Content.Catalog.ExistsAsync(request.Repository, request.Aborted).ConfigureAwait(false))
        {
            await request.FailAsync(RegistryErrorCode.NameUnknown, "There is no such repository.", request.ClientName).ConfigureAwait(false);
            return;
        }

        if (query.Limit is { } limit && first.HasMore)
        {
            request.Response.Headers.Link = PageQuery.Next(request.Url("tags/list"), limit, first.Names[^1]);
        }

        request.Response.StatusCode = StatusCodes.Status200OK;
        request.Response.ContentType = "application/json";
        if (request.IsHead)
        {
            return;
        }

        // A client that gives no size wants the whole list, which is written as it is read.
        await using var json = new NameListWriter(request.Response, "tags", request.ClientName);
        NamePage page = first;
        while (true)
        {
            await json.WriteAsync(page.Names, request.Aborted).ConfigureAwait(false);
            if (query.Limit is not null || !page.HasMore)
            {
                break;
            }

            page = await request.Content.Tags.ListAsync(request.Repository, page.Names[^1], StorePage, request.Aborted).ConfigureAwait(false);
        }

        await json.CompleteAsync(request.Aborted).ConfigureAwait(false);
    }
}
