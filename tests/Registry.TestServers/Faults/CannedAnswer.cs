using System.Globalization;
using System.Text;

namespace Registry.TestServers.Faults;

/// <summary>An answer that the proxy gives in the server's place.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body, which an answer to HEAD goes without.</param>
/// <param name="Headers">Its headers beside those of the body.</param>
public sealed record CannedAnswer(int Status, string Body, params (string Name, string Value)[] Headers)
{
    /// <summary>An error as S3 words it.</summary>
    public static CannedAnswer S3(int status, string code, params (string Name, string Value)[] headers) =>
        new(status, $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{code}, says the proxy.</Message><RequestId>proxy</RequestId></Error>", headers);

    /// <summary>An error as Azure Blob Storage words it.</summary>
    public static CannedAnswer Azure(int status, string code, params (string Name, string Value)[] headers) => new(
        status,
        $"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{code}, says the proxy.</Message></Error>",
        [("x-ms-error-code", code), ("x-ms-version", "2021-12-02"), .. headers]);

    internal byte[] ToBytes(bool withBody)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {Status} Canned\r\nContent-Type: application/xml\r\nContent-Length: {(withBody ? Encoding.UTF8.GetByteCount(Body) : 0)}\r\n"));
        foreach ((string name, string value) in Headers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        text.Append("\r\n").Append(withBody ? Body : "");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
