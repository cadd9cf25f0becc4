namespace Registry.Bench.Http;

/// <summary>The server's answer is not the one that the row expects. A row with such an answer has no result.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
