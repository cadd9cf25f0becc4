namespace RegistryWithIdentity;

/// <summary>What the sample prints once it takes requests.</summary>
internal static class Hints
{
    public static string For(IEnumerable<string> urls, string users)
    {
        var url = new Uri(urls.First().Replace("[::]", "localhost").Replace("0.0.0.0", "localhost"));
        return $"""

            An app with users is at {url}, and a Docker registry for them at {url.Authority}. The users, whose passwords everybody can read in the sample:

            {users}

            ann pushes, ben pulls:

                docker login {url.Authority} -u ann
                docker tag alpine {url.Authority}/alpine
                docker push {url.Authority}/alpine

            Sign in at {url} for API keys, which build servers log in with:

                docker login {url.Authority} -u api

            """;
    }
}
