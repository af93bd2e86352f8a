// Original file: proto/heliu/v1/audit.proto


export interface SuccessionRequest {
  'messageId'?: (string);
  'proof'?: (string);
  'leaf'?: (Buffer | Uint8Array | string);
}

export interface SuccessionRequest__Output {
  'messageId': (string);
  'proof': (string);
  'leaf': (Buffer);
}
