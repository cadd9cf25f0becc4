using System.Text;
using System.Text.Json;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A registry's answer, read to its end.</summary>
public sealed class Answer(int status, ILookup<string, string> headers, byte[] body)
{
    public int Status { get; } = status;

    public byte[] Body { get; } = body;

    public string Text => Encoding.UTF8.GetString(Body);

    public string Location => this["Location"] ?? throw new InvalidOperationException($"{Status} has no Location.");

    /// <summary>The code of the first error, or <see langword="null"/> when the body holds none.</summary>
    public string? ErrorCode
    {
        get
        {
            if (this["Content-Type"] != "application/json" || Body.Length == 0)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(Body);
            return document.RootElement.TryGetProperty("errors", out JsonElement errors) ? errors[0].GetProperty("code").GetString() : null;
        }
    }

    public string? this[string header] => headers.Contains(header) ? string.Join(", ", headers[header]) : null;

    public IEnumerable<string> HeaderNames => headers.Select(static header => header.Key);

    public Answer Expect(int expected)
    {
        Assert.True(Status == expected, $"{expected} was expected, and the answer is {Status} {Text}");
        return this;
    }

    public Answer Expect(int expected, string errorCode)
    {
        Expect(expected);
        Assert.Equal(errorCode, ErrorCode);
        return this;
    }
}
