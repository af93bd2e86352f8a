// Original file: proto/heliu/v1/message.proto


export interface Message {
  'messageId'?: (string);
  'kind'?: (string);
  'lane'?: (string);
  'traceId'?: (string);
  'body'?: (Buffer | Uint8Array | string);
}

export interface Message__Output {
  'messageId': (string);
  'kind': (string);
  'lane': (string);
  'traceId': (string);
  'body': (Buffer);
}
