using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Catalog;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Tags;

/// <summary>Lists the tags of a repository that the caller may pull, in byte order (distribution-spec, end-8a, end-8b).</summary>
internal static class TagListHandler
{
    private const int StorePage = 1000;

    public static async Task ListAsync(RegistryRequest request)
    {
        PageQuery query = PageQuery.Read(request.Http.Request, request.Registry.Options.MaxPageSize);
        NamePage first = query.Limit == 0 ? new NamePage([], false) : await ListAsync(request, query.Last, query.Limit ?? StorePage).ConfigureAwait(false);
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

            page = await ListAsync(request, page.Names[^1], StorePage).ConfigureAwait(false);
        }

        await json.CompleteAsync(request.Aborted).ConfigureAwait(false);
    }

    private static ValueTask<NamePage> ListAsync(RegistryRequest request, string? after, int limit) => request.Registry.Gate.TellsTagsApart(request.Feed)
        ? ListShownAsync(request, after, limit)
        : request.Content.Tags.ListAsync(request.Repository, after, limit, request.Aborted);

    /// <summary>A page of the tags that the caller may pull, full as long as there are any.</summary>
    private static async ValueTask<NamePage> ListShownAsync(RegistryRequest request, string? after, int limit)
    {
        var shown = new List<string>();
        NamePage page;
        do
        {
            page = await request.Content.Tags.ListAsync(request.Repository, after, limit + 1, request.Aborted).ConfigureAwait(false);
            foreach (string name in page.Names)
            {
                after = name;
                if (!await request.ShowsAsync(Tag.Parse(name)).ConfigureAwait(false))
                {
                    continue;
                }

                if (shown.Count == limit)
                {
                    return new NamePage(shown, true);
                }

                shown.Add(name);
            }
        }
        while (page.HasMore);

        return new NamePage(shown, false);
    }
}
