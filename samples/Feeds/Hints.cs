namespace RegistryWithFeeds;

/// <summary>What the sample prints once it takes requests.</summary>
internal static class Hints
{
    public static string For(IEnumerable<string> urls)
    {
        string host = new Uri(urls.First().Replace("[::]", "localhost").Replace("0.0.0.0", "localhost")).Authority;
        return $"""

            A Docker registry with several feeds is at {host}. Log in as alice, bob or carol; everybody can read the sample's passwords, so change them in appsettings.json and htpasswd:

                docker login {host} -u alice            (alice-sample-password; bob-sample-password; carol-sample-password)

            Everybody who has logged in pushes to "main", and nobody has to for pulling from it:

                docker tag alpine {host}/main/alpine
                docker push {host}/main/alpine
                docker logout {host}
                docker pull {host}/main/alpine

            "private" and "dev" are for developers, such as alice. The feed without a name is open to pull from:

                docker push {host}/private/alpine
                docker push {host}/dev/alpine
                docker push {host}/alpine

            An API key for a build server: dotnet run --project samples/Feeds -- key alice ci

            """;
    }
}
