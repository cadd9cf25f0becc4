using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Registry.AspNetCore.Http;

/// <summary>Writes <c>{"name":…,"tags":[…]}</c> or <c>{"repositories":[…]}</c> piece by piece.</summary>
internal sealed class NameListWriter : IAsyncDisposable
{
    private readonly HttpResponse _response;
    private readonly Utf8JsonWriter _json;

    public NameListWriter(HttpResponse response, string property, string? name)
    {
        _response = response;
        _json = new Utf8JsonWriter(response.BodyWriter);
        _json.WriteStartObject();
        if (name is not null)
        {
            _json.WriteString("name", name);
        }

        _json.WriteStartArray(property);
    }

    public async ValueTask WriteAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            _json.WriteStringValue(name);
        }

        await _json.FlushAsync(cancellationToken).ConfigureAwait(false);
        await _response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        await _json.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _json.DisposeAsync();
}
