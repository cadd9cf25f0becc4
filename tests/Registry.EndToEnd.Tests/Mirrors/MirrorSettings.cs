using System.Text.Json;

namespace Registry.EndToEnd.Tests.Mirrors;

/// <summary>The settings that have clients look for images of other registries in ours.</summary>
internal static class MirrorSettings
{
    /// <summary>
    /// The <c>daemon.json</c> of a Docker engine, whose mirrors stand in for docker.io alone. Debian 12's engine refuses to start with a mirror that has a path; newer ones take it.
    /// </summary>
    public static string Docker(Uri mirror, string others = "") =>
        $$"""{"registry-mirrors": [{{JsonSerializer.Serialize(mirror.AbsoluteUri.TrimEnd('/'))}}]{{(others.Length > 0 ? $", {others}" : "")}}}""";

    /// <summary>The <c>hosts.toml</c> of containerd for a registry: its images come from an address that ends in <c>/v2</c>, wherever that is.</summary>
    /// <param name="registry">The registry that images are named after.</param>
    /// <param name="api">Where the API is, with its path: <c>http://127.0.0.1:5000/main/v2</c>.</param>
    /// <param name="authorityFile">The certificate authority (PEM) to trust for it; null for the machine's.</param>
    public static string Containerd(string registry, Uri api, string? authorityFile = null) =>
        $"""
        server = "https://{registry}"

        [host."{api.AbsoluteUri.TrimEnd('/')}"]
          capabilities = ["pull", "resolve"]
          override_path = true
        {(authorityFile is null ? "" : $"  ca = \"{authorityFile}\"\n")}
        """;
}
