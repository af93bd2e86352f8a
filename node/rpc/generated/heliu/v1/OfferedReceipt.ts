// Original file: proto/heliu/v1/transfer.proto


export interface OfferedReceipt {
  'core'?: (string);
  'providerSignature'?: (string);
}

export interface OfferedReceipt__Output {
  'core': (string);
  'providerSignature': (string);
}
