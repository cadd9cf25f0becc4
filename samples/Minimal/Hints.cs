/// <summary>What the sample prints once it takes requests.</summary>
internal static class Hints
{
    public static string For(IEnumerable<string> urls)
    {
        string host = new Uri(urls.First().Replace("[::]", "localhost").Replace("0.0.0.0", "localhost")).Authority;
        return $"""

            A Docker registry is at {host}. Push something to it:

                docker pull alpine
                docker tag alpine {host}/alpine
                docker push {host}/alpine

            """;
    }
}
