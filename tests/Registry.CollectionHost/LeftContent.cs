using System.Text;
using Registry.Storage;

namespace Registry.CollectionHost;

/// <summary>What the store holds: a line for each object, its key and, of a small one, what it says up to the end of its first line.</summary>
internal static class LeftContent
{
    private const string Data = "data/";

    public static async Task WriteAsync(HttpContext context)
    {
        var store = context.RequestServices.GetRequiredKeyedService<IObjectStore>("");
        var cancellationToken = context.RequestAborted;
        string? last = null;
        KeyPage page;
        do
        {
            page = await store.ListAsync("", last, 1000, cancellationToken);
            foreach (var key in page.Keys)
            {
                last = key;
                var content = key.StartsWith(Data, StringComparison.Ordinal) ? null : await store.GetAsync(key, cancellationToken);
                var line = content is null ? "" : Encoding.UTF8.GetString(content.Content.Span).Split('\n')[0];
                await context.Response.WriteAsync($"{key} {line}\n", cancellationToken);
            }
        }
        while (page.HasMore);
    }
}
